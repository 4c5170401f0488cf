"""How each parsing network is trained: one file a paper, a row of ``table.PARSERS`` a network."""
