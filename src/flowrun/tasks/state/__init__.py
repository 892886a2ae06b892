"""`io.kestra.plugin.core.state`: a small store of a flow (deprecated: `kv`)."""
