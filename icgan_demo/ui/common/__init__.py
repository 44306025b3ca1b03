"""What several tabs share: the services they are given, events, widgets, instances, errors."""
