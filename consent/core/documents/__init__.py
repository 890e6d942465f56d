"""Documents for a controller's files, made from the configuration in force."""
