"""`io.kestra.plugin.core.storage`: files in the internal storage."""
