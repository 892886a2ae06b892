"""`io.kestra.plugin.core.kv`: the key-value store of a namespace."""
