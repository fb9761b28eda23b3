"""A show that goes on for hours while everything is tried at once: what is done, who looks on, what was seen."""
