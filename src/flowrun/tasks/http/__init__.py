"""`io.kestra.plugin.core.http`: tasks that speak HTTP."""
