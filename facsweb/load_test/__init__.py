"""Many made-up faces with codings, for measuring pages and jobs at size (`load_test_data`)."""
