"""The forms of training's pages."""
