"""Parties: customers, agents, 4S dealers, couriers, suppliers and service stations, and whom to call there."""
