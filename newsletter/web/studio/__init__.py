"""The owner's side of the house: one blueprint a room, all under /admin."""

from flask import Blueprint

from newsletter.web.studio import campaigns, courses, deliveries, doorway, held, mailing, settings, subscribers, today

DOORS: tuple[Blueprint, ...] = (
    doorway.door,
    today.door,
    campaigns.door,
    mailing.door,
    courses.door,
    subscribers.door,
    deliveries.door,
    held.door,
    settings.door,
)
"""Every room of the studio; `create_web` opens them all."""
