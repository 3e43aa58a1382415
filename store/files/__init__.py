"""Readers and writers of the files that offices have: OSM, GIS formats, CSV, XLSX."""
