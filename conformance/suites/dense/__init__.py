"""Dense journeys: stories of which each exchange tries out as many requirements as it can carry."""
