"""Script tasks: `io.kestra.plugin.scripts.LANGUAGE.Script` and `.Commands`."""
