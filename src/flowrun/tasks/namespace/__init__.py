"""`io.kestra.plugin.core.namespace`: the files of a namespace."""
