"""`io.kestra.plugin.core.log`: log lines written and fetched."""
