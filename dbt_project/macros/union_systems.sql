{# All versions of an object from every enabled system that has it. `mapped` is the first, because it
   gives the columns and types even when it is empty. The only place that knows which systems there
   are, and what each delivers; a test compares it with the folders of staging models.
   Usage: {{ union_systems('accounts') }} #}
{% macro union_systems(object) -%}
    {%- set delivered = {
        'apollo': ['contacts'],
        'ecb': ['exchange_rates'],
        'hubspot': [
            'accounts', 'activities', 'contacts', 'field_changes', 'leads', 'opportunities',
            'opportunity_lines', 'products', 'stage_changes', 'users',
        ],
        'instantly': ['activities', 'contacts', 'sequence_enrolments', 'users'],
        'lemlist': ['activities', 'contacts', 'sequence_enrolments', 'users'],
        'outreach': ['activities', 'contacts', 'sequence_enrolments', 'users'],
        'pipedrive': [
            'accounts', 'activities', 'contacts', 'field_changes', 'leads', 'opportunities',
            'opportunity_lines', 'products', 'stage_changes', 'users',
        ],
        'salesforce': [
            'accounts', 'activities', 'campaign_members', 'campaigns', 'contacts', 'exchange_rates',
            'field_changes', 'leads', 'opportunities', 'opportunity_lines', 'products',
            'stage_changes', 'users',
        ],
        'salesloft': ['activities', 'contacts', 'sequence_enrolments', 'users'],
        'smartlead': ['activities', 'contacts', 'sequence_enrolments'],
        'zoho': [
            'accounts', 'activities', 'contacts', 'leads', 'opportunities', 'products',
            'stage_changes', 'users',
        ],
    } -%}
    {%- for system in var('systems', ['mapped']) if object in delivered.get(system, [object]) %}
    {%- if not loop.first %}
    union all
    {%- endif %}
    select * from {{ ref('stg_' ~ system ~ '__' ~ object) }}
    {%- endfor %}
{%- endmacro %}
