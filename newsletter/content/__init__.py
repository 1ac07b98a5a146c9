"""First floor, middle: what we say. The only mail templates, Markdown and MIME."""
