"""`io.kestra.plugin.core.templating`: tasks that are written by a template."""
