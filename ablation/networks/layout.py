"""A recipe's network, written out.

`ablation.networks.build` makes the layers listed here, `ablation plan` prints them.
"""

from ablation.networks import families
from ablation.networks.graph import Graph, Node, Problem, blank_problem
from ablation.recipe import Recipe

__all__ = ["Graph", "Node", "Problem", "blank_problem", "graph", "layout"]


def graph(recipe: Recipe, problem: Problem) -> Graph:
    """A recipe's network by its parts.

    Raises:
        UserError: unknown family or option.
        ValueError: the recipe does not fit the image (more poolings than its side can be halved), or has a layer whose
            figures are not to be had.
    """
    found = families.get(recipe.family).build(recipe, problem)
    if recipe.frozen is not None and (recipe.frozen.blocks or 0) > found.blocks:
        raise ValueError(
            f"frozen.blocks: the network has {found.blocks} blocks, found {recipe.frozen.blocks}"
        )
    if recipe.frozen is not None and recipe.frozen.but_last and recipe.backbone is None:
        raise ValueError(f"frozen.but_last: expected a backbone, found family {recipe.family} without one")
    return found


def layout(recipe: Recipe, problem: Problem) -> tuple[Node, ...]:
    """The layers of a recipe's network, inputs before their readers; the last one gives the logits.

    Raises:
        UserError, ValueError: as `graph`.
    """
    return graph(recipe, problem).nodes
