"""The demonstration: a study programme's website and the stand-in trackers its banner gates."""
