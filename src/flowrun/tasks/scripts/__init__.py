"""Script tasks: `io.kestra.plugin.scripts.LANGUAGE.Script` and `.Commands`. Their properties are checked; they can't be run yet."""
