"""A newsletter and course mailer that one person can hold in the head.

Imports go down only: web, scheduling and cli lean on usecases; usecases lean on store, content and mail;
those lean on domain, which leans on nothing. app.py alone knows all rooms and puts them together.
"""
