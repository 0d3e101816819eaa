//! What the ports promise: one list for each, run against every adapter.
//!
//! A promise is a function that takes a freshly made adapter and panics where it
//! is broken. [`records_promises`] and its like make one test of each; the tests
//! beside this crate run them for the embedded adapters and for Google's.
#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a broken promise is a panic"
)]

pub mod bus;
pub mod objects;
pub mod queue;
pub mod records;
pub mod search;

/// One test for each promise of `records`, for what `$bench` makes. The
/// attributes in brackets are put on each.
#[macro_export]
macro_rules! records_promises {
    ($attributes:tt, $bench:path) => {
        $crate::promises! { $attributes, $bench, records,
            a_written_document_reads_back
            a_document_is_replaced_whole
            a_precondition_that_does_not_hold_is_stale
            a_deletion_may_have_a_precondition
            a_transaction_happens_whole_or_not_at_all
            concurrent_change_of_one_version_is_stale
            a_document_over_one_mebibyte_is_refused
            a_document_that_no_event_could_carry_is_refused
            unstorable_value_is_rejected
            many_documents_are_written_and_cleared_in_one_go
            lists_are_filtered_and_in_order
            a_list_has_bounds_on_both_sides
            a_list_is_filtered_by_an_item
            a_list_goes_on_where_the_last_page_ended
            list_omits_documents_without_the_order_field
            lists_reach_across_users
            deleting_a_document_keeps_its_subcollections
            every_watcher_of_a_document_sees_it_change_and_go
        }
    };
}

/// One test for each promise of `records` about passages.
#[macro_export]
macro_rules! search_promises {
    ($attributes:tt, $bench:path) => {
        $crate::promises! { $attributes, $bench, search,
            a_passage_is_found_by_its_words_and_reads_back
            passages_are_found_newest_first_and_page_by_page
            a_passage_that_is_changed_or_deleted_is_not_found_by_its_old_words
            passages_of_others_are_not_found
            passages_of_one_interview_are_found_alone
            scripts_without_spaces_are_found_by_their_characters
        }
    };
}

/// One test for each promise of `objects`.
#[macro_export]
macro_rules! objects_promises {
    ($attributes:tt, $bench:path) => {
        $crate::promises! { $attributes, $bench, objects,
            a_written_object_reads_back_whole_and_in_parts
            large_object_is_streamed_in_chunks
            empty_object_is_stored
            a_missing_object_is_not_found
            an_object_is_overwritten_only_where_that_is_allowed
            a_write_that_breaks_off_leaves_nothing
            names_are_listed_by_prefix
            long_list_is_complete
            object_name_may_be_any_text
            signed_upload_accepts_the_granted_object
            a_signed_upload_refuses_anything_else
            generation_is_deleted_and_checksummed_alone
            an_upload_that_broke_off_is_resumed
            a_cancelled_upload_is_over
            a_signed_upload_does_not_overwrite
            a_signed_url_reads_in_parts_until_it_expires
        }
    };
}

/// One test for each promise of `bus`.
#[macro_export]
macro_rules! bus_promises {
    ($attributes:tt, $bench:path) => {
        $crate::promises! { $attributes, $bench, bus,
            a_message_arrives_as_it_was_published
            many_at_once_all_arrive
            an_unknown_topic_is_refused
            empty_message_is_rejected
        }
    };
}

/// One test for each promise of `queue`.
#[macro_export]
macro_rules! queue_promises {
    ($attributes:tt, $bench:path) => {
        $crate::promises! { $attributes, $bench, queue,
            a_task_arrives_as_it_was_queued
            a_task_waits_for_its_delay
            task_name_is_reserved_for_a_day
            an_unknown_queue_is_refused
        }
    };
}

/// One test for each name.
#[doc(hidden)]
#[macro_export]
macro_rules! promises {
    ($attributes:tt, $bench:path, $port:ident, $($name:ident)+) => {
        mod $port {
            use super::*;
            $($crate::promise! { $attributes, $bench, $port, $name })+

            #[test]
            fn every_promise_is_in_the_list() {
                let listed = [$(stringify!($name)),+].len();
                assert_eq!(listed, $crate::$port::SOURCE.matches("\npub async fn ").count());
            }
        }
    };
}

/// One test.
#[doc(hidden)]
#[macro_export]
macro_rules! promise {
    ([$($attribute:meta),*], $bench:path, $port:ident, $name:ident) => {
        #[tokio::test]
        $(#[$attribute])*
        async fn $name() {
            let bench = $bench().await;
            $crate::$port::$name(&bench).await;
        }
    };
}
