"""Packages (一件事一次办): several items in one application, each step a ticket."""
