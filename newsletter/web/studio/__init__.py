"""The owner's side of the house: one blueprint a room, all under /admin."""

from flask import Blueprint

from newsletter.web.studio import campaigns, doorway, today

DOORS: tuple[Blueprint, ...] = (doorway.door, today.door, campaigns.door)
"""Every room of the studio; `create_web` opens them all."""
