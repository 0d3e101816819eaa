//! Questions for lists, as Firestore takes them.

use domain::ports::{Direction, Query, Scope};
use firestore::gcloud_sdk::google::firestore::v1::{
    Cursor, StructuredQuery,
    structured_query::{
        self, CollectionSelector, CompositeFilter, FieldFilter, FieldReference, Filter, Order,
        composite_filter, field_filter, filter::FilterType,
    },
};
use serde_json::Value as Json;

use super::value::{reference, value};

/// The field with the tokens of a passage, which this adapter adds.
pub(crate) const TOKENS: &str = "tokens";

/// The field that is a document's name.
const NAME: &str = "__name__";

/// The document below which the query looks, as a path relative to the database's
/// documents, empty for all of them, and the query.
pub(crate) fn structured(query: &Query, documents: &str) -> (String, StructuredQuery) {
    let (parent, collection, everywhere) = match &query.scope {
        Scope::Group(name) => ("", name.as_str(), true),
        Scope::Collection(path) => {
            let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
            (parent, name, false)
        }
    };
    let from = CollectionSelector {
        collection_id: collection.to_owned(),
        all_descendants: everywhere,
    };
    let structured = StructuredQuery {
        from: vec![from],
        r#where: filter(query),
        order_by: order(query),
        start_at: cursor(query, documents),
        limit: i32::try_from(query.limit).ok(),
        ..StructuredQuery::default()
    };
    (parent.to_owned(), structured)
}

fn filter(query: &Query) -> Option<Filter> {
    let equal = query.equal.iter();
    let equal = equal.map(|(field, value)| compare(field, field_filter::Operator::Equal, value));
    let others = [
        (&query.contains, field_filter::Operator::ArrayContains),
        (&query.at_least, field_filter::Operator::GreaterThanOrEqual),
        (&query.less_than, field_filter::Operator::LessThan),
    ];
    let others = others.into_iter().filter_map(|(condition, operator)| {
        let (field, value) = condition.as_ref()?;
        Some(compare(field, operator, value))
    });
    let phrases = query.phrases.iter().map(|phrases| {
        // An array is asked for one value; the caller checks the others.
        let token = Json::from(phrases.rarest().unwrap_or_default());
        compare(TOKENS, field_filter::Operator::ArrayContains, &token)
    });
    let filters: Vec<Filter> = equal.chain(others).chain(phrases).collect();
    (!filters.is_empty()).then(|| Filter {
        filter_type: Some(FilterType::CompositeFilter(CompositeFilter {
            op: composite_filter::Operator::And.into(),
            filters,
        })),
    })
}

fn compare(field: &str, operator: field_filter::Operator, to: &Json) -> Filter {
    Filter {
        filter_type: Some(FilterType::FieldFilter(FieldFilter {
            field: Some(named(field)),
            op: operator.into(),
            value: Some(value(to)),
        })),
    }
}

fn named(field: &str) -> FieldReference {
    FieldReference {
        field_path: field.to_owned(),
    }
}

fn order(query: &Query) -> Vec<Order> {
    let direction = match query.direction {
        Direction::Ascending => structured_query::Direction::Ascending,
        Direction::Descending => structured_query::Direction::Descending,
    };
    let fields = query.order_field().into_iter().chain([NAME]);
    fields
        .map(|field| Order {
            field: Some(named(field)),
            direction: direction.into(),
        })
        .collect()
}

fn cursor(query: &Query, documents: &str) -> Option<Cursor> {
    let (last, path) = query.after.as_ref()?;
    let name = reference(format!("{documents}/{path}"));
    let values = query.order_field().map(|_| value(last)).into_iter();
    Some(Cursor {
        values: values.chain([name]).collect(),
        before: false,
    })
}
