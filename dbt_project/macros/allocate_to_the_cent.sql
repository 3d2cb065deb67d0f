{# The shares of `amount` that the rows of `relation` get by `weight` within `whole`, in cents that
   add up to the whole: each gets its share rounded towards zero, and the cents that are left go to the
   largest remainders, ties to the smaller `part`. Weights that add up to 0 share evenly.
   Yields the columns of `relation` and `allocated_amount`, decimal(18,2). #}
{% macro allocate_to_the_cent(relation, whole, part, amount, weight) -%}
    select
        ranked.*,
        cast(
            (ranked.whole_cents + case when ranked.place <= abs(ranked.missing_cents) then sign(ranked.missing_cents) else 0 end)
            / cast(100 as decimal(18, 2)) as decimal(18, 2)
        ) as allocated_amount
    from (
        select
            parted.*,
            cast(round(parted.{{ amount }} * 100) as bigint)
            - sum(parted.whole_cents) over (partition by parted.{{ whole }}) as missing_cents,
            row_number() over (
                partition by parted.{{ whole }}
                order by abs(parted.exact_cents - parted.whole_cents) desc, parted.{{ part }}
            ) as place
        from (
            select
                exact.*,
                cast(sign(exact.exact_cents) * floor(abs(exact.exact_cents)) as bigint) as whole_cents
            from (
                select
                    weighed.*,
                    cast(weighed.{{ amount }} as double) * 100 * coalesce(
                        weighed.{{ weight }} / nullif(sum(weighed.{{ weight }}) over (partition by weighed.{{ whole }}), 0),
                        1.0 / count(*) over (partition by weighed.{{ whole }})
                    ) as exact_cents
                from {{ relation }} as weighed
            ) as exact
        ) as parted
    ) as ranked
{%- endmacro %}
