"""What comes in: flower photographs, real or procedural, as seeded batches."""

from data_loader.batches import Batches
from data_loader.errors import UserError
from data_loader.flowers import Flowers
from data_loader.load import load_flowers

__all__ = ["Batches", "Flowers", "UserError", "load_flowers"]
