"""Clinical knowledge as data: TOML tables, each row with its source, checked when loaded."""

from calciseg.clinical.knowledge.model import Knowledge, load_knowledge

__all__ = ["Knowledge", "load_knowledge"]
