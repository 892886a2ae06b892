"""Types that Kestra has and flowrun has no class for, and the packages of its plugins. Data only."""

from __future__ import annotations

from flowrun.tasks.aliases import CORE

KNOWN_TASKS: frozenset[str] = frozenset(
    CORE + name
    for name in (
        "execution.Count",
        "execution.Exit",
        "execution.Labels",
        "execution.PurgeExecutions",
        "execution.Resume",
        "execution.SetVariables",
        "execution.UnsetVariables",
        "flow.Template",
        "http.Download",
        "http.Request",
        "http.SseRequest",
        "kv.Delete",
        "kv.Get",
        "kv.GetKeys",
        "kv.PurgeKV",
        "kv.Set",
        "kv.Version",
        "log.Fetch",
        "log.PurgeLogs",
        "metric.Publish",
        "namespace.DeleteFiles",
        "namespace.DownloadFiles",
        "namespace.PurgeFiles",
        "namespace.UploadFiles",
        "namespace.Version",
        "state.Delete",
        "state.Get",
        "state.Set",
        "storage.Concat",
        "storage.DeduplicateItems",
        "storage.Delete",
        "storage.FilterItems",
        "storage.LocalFiles",
        "storage.PurgeCurrentExecutionFiles",
        "storage.Reverse",
        "storage.Size",
        "storage.Split",
        "storage.Write",
        "templating.TemplatedTask",
        "trigger.Toggle",
    )
)

KNOWN_TRIGGERS: frozenset[str] = frozenset({CORE + "http.Trigger"})

PLUGIN_NAMES = """
ai airbyte airflow airtable algolia amqp ansible anthropic apify argocd arize astradb aws azure beam cassandra ceph
cloudflare cloudquery compress confluence couchbase crypto customerio databricks datadog dataform datagen datahub dbt
debezium deepseek discord docker documentdb dremio duckdb ee elasticsearch email excel fivetran flink fs gcp gemini
git github gitlab googleworkspace graalvm grafana hashicorp hightouch hubspot huggingface influxdb instagram
ironcalc jdbc jenkins jira jms jq kafka kestra kubernetes langchain4j ldap linear linkedin liquibase malloy mattermost
meilisearch microsoft microsoft365 minio mistral modal mongodb monday mqtt n8n nats neo4j nifi notifications notion
ollama onepassword openai opensearch opsgenie oracle pagerduty perplexity pinecone pipedrive posthog powerbi pulsar
qdrant quickwit redis rudderstack salesforce sap scripts sendgrid sentry serdes servicenow shopify sifflet
singer slack snowflake soda solace spark sqlmesh stripe supabase surrealdb tableau teams telegram templates
terraform timescale transform trello trino trivy twilio typesense weaviate webhook whatsapp x zapier zendesk
zenduty zulip
"""
"""Segment after `io.kestra.plugin.` of the published plugins."""

PLUGIN_PACKAGES: tuple[str, ...] = (
    *(f"io.kestra.plugin.{name}." for name in PLUGIN_NAMES.split()),
    "io.kestra.core.tasks.scripts.",  # the script tasks of before 0.18, a plugin of its own today
    "io.kestra.core.tasks.notifications.",
    "io.kestra.ee.",
)
