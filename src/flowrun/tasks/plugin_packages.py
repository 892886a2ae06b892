"""The packages of Kestra's plugins: a type in one of them may exist, although flowrun has no class for it. Data only."""

from __future__ import annotations

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
