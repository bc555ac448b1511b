"""One way a module in which a user's images may lie.

A module has `key(address, data_dir)`, a text that changes whenever the files do and is found without reading them, and
`collect(address, data_dir)`, a `Collection`. `OPTIONS`, if it has any, are patterns by name of what may follow the `?`.
"""
