"""Sheets of paper: reports as PDF."""
