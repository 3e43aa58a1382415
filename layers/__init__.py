"""Pure description of every map layer: catalogue, style, GeoJSON and folium maps."""
