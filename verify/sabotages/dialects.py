"""Known bugs of the dialects."""

import re
from types import ModuleType
from typing import Any

from verify.sabotages import sabotage


@sabotage("xml-entities", "runbell.dialects.ocapi.xml_reading")
def _(module: ModuleType) -> None:
    """A document may have a type and entities of its own (CWE-611)."""
    made = module.etree.XMLParser

    class Etree:
        """As lxml is, with a parser that believes everything."""

        def __getattr__(self, name: str) -> Any:
            return getattr(etree, name)

        @staticmethod
        def XMLParser(**given: Any) -> Any:  # noqa: N802 - lxml's name
            return made(**given | {"resolve_entities": True, "load_dtd": True, "huge_tree": True})

    etree = module.etree
    module.etree = Etree()
    module._DECLARED = re.compile(rb"(?!)")
