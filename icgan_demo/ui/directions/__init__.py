"""The Directions page: strips of what can be changed, sliders of what was chosen, and sets to subtract."""
