"""Pages as browsers read them: a tree of elements, whatever a template forgot to close."""

from xml.etree.ElementTree import Element, TreeBuilder

from selectolax.lexbor import LexborHTMLParser, LexborNode


def parse(html: str) -> Element:
    """The `html` element. Attributes without a value have an empty one, comments are left out."""
    root = LexborHTMLParser(html).root
    assert root is not None
    builder = TreeBuilder()
    _add(root, builder)
    return builder.close()


def _add(node: LexborNode, builder: TreeBuilder) -> None:
    if node.is_text_node:
        builder.data(node.text_content or "")
    elif node.is_element_node:
        builder.start(node.tag or "", {name: value or "" for name, value in node.attributes.items()})
        for child in node.iter(include_text=True):
            _add(child, builder)
        builder.end(node.tag or "")
