"""What a plan means to people, places and money: measures that make plans comparable."""
