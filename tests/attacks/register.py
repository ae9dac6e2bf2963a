"""Which test holds which attack off: number -> (the attack, its tests)."""

from __future__ import annotations

_HOOKS = "tests/facsweb/webhooks"
_TOKEN = "tests/facsweb/accounts/test_token.py"
_TRIES = "tests/facsweb/accounts/test_tries.py"
_SESSIONS = "tests/facsweb/accounts/test_sessions.py"
_MATRIX = "tests/access/test_matrix.py::test_every_endpoint_answers_everybody_as_the_matrix_says"
_CORPUS = "tests/corpus/test_corpus.py"
_TRANSFERS = "tests/annotations/transfers"
_SERVING = "tests/facsweb/serving"
_ADMIN_SITE = "tests/facsweb/accounts/test_admin_site.py"
_HERE = "tests/attacks"

ATTACKS: dict[str, tuple[str, list[str]]] = {
    "T1": (
        "a URL that leads inside: private and odd addresses, redirects, rebinding",
        [
            f"{_HERE}/test_requests.py::test_no_import_fetches_an_address",
            f"{_HOOKS}/test_addresses.py::"
            "test_host_that_leads_inside_is_refused_however_it_is_written",
            f"{_HOOKS}/test_addresses.py::test_url_that_is_not_plain_is_refused_and_says_why",
            f"{_HOOKS}/test_sending.py::test_redirect_is_not_followed",
            f"{_HOOKS}/test_sending.py::"
            "test_name_that_leads_outside_first_and_inside_later_never_reaches_inside",
        ],
    ),
    "T2": (
        "HTML, SVG, polyglots and scripts in EXIF sent as a picture",
        [
            f"{_HERE}/test_pictures.py::test_page_or_drawing_with_a_script_is_no_picture",
            f"{_HERE}/test_pictures.py::test_picture_is_served_as_nothing_but_a_picture",
            f"{_TRANSFERS}/test_bare_pictures.py::"
            "test_no_door_lets_metadata_in_and_each_knows_the_original_again",
        ],
    ),
    "T3": (
        "pictures that are huge, endless, animated or cut short",
        [
            f"{_HERE}/test_pictures.py::test_picture_that_says_it_is_huge_is_refused_at_once",
            f"{_CORPUS}::test_every_picture_has_an_answer",
            "tests/annotations/api/test_upload_face.py::test_image_beyond_the_limit_is_refused",
        ],
    ),
    "T4": (
        "archives with paths, links, devices, bombs, a million members",
        [
            f"{_CORPUS}::test_every_archive_has_an_answer",
            f"{_TRANSFERS}/test_nested_archives.py::"
            "test_a_bomb_in_an_archive_refuses_the_whole_and_leaves_nothing",
            f"{_TRANSFERS}/test_nested_archives.py::test_many_small_bombs_are_one",
            f"{_TRANSFERS}/test_nested_archives.py::"
            "test_a_name_that_leaves_the_inner_folder_refuses_the_whole",
        ],
    ),
    "T5": (
        "tables with paths out of the folder, and formulas on their way out",
        [
            f"{_CORPUS}::test_every_table_has_an_answer",
            "tests/facsweb/rest/test_cells.py::test_no_cell_that_goes_out_is_run",
            f"{_TRANSFERS}/test_exports.py::test_labels_defuse_formulas_and_keep_unknown_columns",
            "tests/facsweb/audit/test_audit_page.py::"
            "test_table_runs_no_formula_and_is_itself_recorded",
        ],
    ),
    "T6": (
        "filters and orders that reach through the tables to a password",
        [
            f"{_HERE}/test_requests.py::test_no_list_filters_or_orders_by_a_password",
            "tests/facsweb/rest/test_list_parameters.py::"
            "test_a_parameter_that_a_list_does_not_know_is_refused",
        ],
    ),
    "T7": (
        "changing, cancelling, fetching what is somebody else's",
        [
            _MATRIX,
            "tests/access/test_matrix.py::test_no_outsider_reads_or_writes",
            f"{_HERE}/test_requests.py::test_what_is_anothers_is_not_there",
            f"{_TOKEN}::test_token_revokes_itself_but_no_other",
        ],
    ),
    "T8": (
        "state changed by GET, or by another site's form",
        [
            f"{_HERE}/test_requests.py::test_reading_writes_nothing",
            f"{_HERE}/test_requests.py::test_no_form_of_another_site_is_taken",
            f"{_TOKEN}::test_session_needs_the_csrf_token",
        ],
    ),
    "T9": (
        "scripts in names, comments, tags and reasons",
        [
            f"{_HERE}/test_scripts.py::test_no_page_runs_what_somebody_wrote",
            f"{_HERE}/test_scripts.py::test_what_is_json_says_so",
            "tests/test_architecture.py::test_templates_hold_no_inline_script_or_style",
        ],
    ),
    "T10": (
        "staff who raise themselves, accounts that nobody made, Basic auth, old tokens",
        [
            f"{_HERE}/test_requests.py::test_nobody_registers_and_basic_auth_opens_nothing",
            f"{_TOKEN}::test_token_of_a_deactivated_user_is_worth_nothing",
            f"{_TOKEN}::test_a_new_password_revokes_every_token",
            f"{_SESSIONS}::test_deactivated_and_reactivated_gets_neither_session_nor_token_back",
        ],
    ),
    "T11": (
        "models that run code when they are read",
        [
            f"{_HERE}/test_code.py::test_nothing_reads_what_could_run",
            "tests/inference/test_swapped_artefact.py::"
            "test_files_that_were_swapped_together_are_noticed",
        ],
    ),
    "T12": (
        "paths out of the served folders, and faces without signing in",
        [
            f"{_HERE}/test_requests.py::test_no_path_leaves_the_served_folders",
            f"{_HERE}/test_pictures.py::test_private_picture_needs_signing_in",
            _MATRIX,
        ],
    ),
    "T13": (
        "a job's message that unpickles code",
        [f"{_HERE}/test_code.py::test_message_that_is_no_json_is_refused"],
    ),
    "A1": (
        "the last admin taken away, on any page",
        [
            "tests/facsweb/accounts/test_last_admin.py::test_the_last_admin_stays",
            "tests/facsweb/accounts/test_admin_site.py::"
            "test_the_last_admin_stays_by_the_admin_site_too",
        ],
    ),
    "A2": (
        "guessing passwords on the page, the admin's site and `token/`, with forged headers",
        [
            f"{_TRIES}::test_sixty_wrong_on_the_page_are_not_sixty_checks",
            f"{_TRIES}::test_every_door_counts_together",
            f"{_TRIES}::test_forged_headers_and_other_spellings_are_no_way_round",
            f"{_TOKEN}::test_signing_in_is_throttled_though_the_header_names_other_addresses",
            "tests/facsweb/rest/test_addresses.py::test_only_named_proxies_are_believed",
            f"{_SESSIONS}::test_simple_passwords_are_refused",
        ],
    ),
    "A3": (
        "silent sockets, half-sent bodies, large bodies of nobody, uploads without end",
        [
            f"{_SERVING}/test_slow_clients.py::test_a_page_answers_while_two_hundred_sockets_hang",
            f"{_SERVING}/test_slow_clients.py::"
            "test_who_is_not_signed_in_sends_no_more_than_a_megabyte",
            f"{_SERVING}/test_limits.py::test_nobody_and_the_deactivated_send_little",
            f"{_SERVING}/test_limits.py::test_uploads_of_a_day_are_limited",
        ],
    ),
    "A4": (
        "staff who give themselves or others more than they have (CVE-2026-23526)",
        [
            f"{_ADMIN_SITE}::test_staff_do_not_make_themselves_anything",
            f"{_ADMIN_SITE}::test_staff_give_others_no_more_than_they_have",
            f"{_ADMIN_SITE}::test_staff_do_not_touch_who_may_do_more",
            f"{_ADMIN_SITE}::test_blind_staff_see_no_codings",
        ],
    ),
    "A5": (
        "files that others of the machine read, a forged proxy, archives of empty files",
        [
            "tests/facsweb/test_private.py::test_a_process_writes_for_nobody_else",
            "tests/facsweb/test_https_only.py::test_nobody_else_tells_it",
            "tests/facsweb/test_https_only.py::test_django_finds_nothing_to_warn_of",
            f"{_TRANSFERS}/test_nested_archives.py::"
            "test_an_archive_of_empty_files_is_refused_before_it_is_read",
        ],
    ),
    "B1": (
        "places, cameras and other pictures inside a picture",
        [
            f"{_TRANSFERS}/test_bare_pictures.py::test_only_pixels_stay_and_none_of_them_changes",
            f"{_TRANSFERS}/test_bare_pictures.py::test_downloads_exports_and_their_return",
        ],
    ),
    "B2": (
        "an auditor who would see faces, or learn what is said of one; tags of single people",
        [
            "tests/access/test_need_to_know.py::"
            "test_demographics_of_a_person_are_told_at_no_address",
            "tests/access/test_need_to_know.py::test_no_filter_tells_a_tag_by_what_it_finds",
            "tests/access/test_matrix.py::"
            "test_auditor_reads_figures_and_cards_beyond_what_an_outsider_may",
            "tests/access/test_blind_world.py::test_auditor_reads_nothing_of_a_single_face",
        ],
    ),
    "B3": (
        "somebody who withdrew, found again: on disk, in the database, by an import, by a backup",
        [
            "tests/annotations/withdrawal/test_withdrawal.py::test_nothing_is_left",
            "tests/annotations/withdrawal/test_withdrawal.py::"
            "test_who_is_restored_from_a_backup_is_removed_again",
            "tests/annotations/withdrawal/test_doors.py::"
            "test_our_own_export_of_before_does_not_bring_it_back",
        ],
    ),
    "B4": (
        "taking data out and deleting the trace; changing the audit; history in others' names",
        [
            "tests/facsweb/audit/test_recorded.py::test_export_that_was_taken_and_deleted_is_known",
            "tests/facsweb/audit/test_chain.py::test_changed_and_removed_entries_are_named",
            "tests/facsweb/audit/test_chain.py::test_reordered_entries_are_found",
            "tests/facsweb/audit/test_chain.py::test_inserted_entry_is_found",
            "tests/facsweb/audit/test_chain.py::"
            "test_cut_end_is_found_by_the_head_and_by_the_anchor",
            f"{_TRANSFERS}/test_round_trip.py::"
            "test_history_in_others_names_is_marked_with_its_import",
        ],
    ),
}
