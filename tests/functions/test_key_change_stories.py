"""What becomes of an update that changes a key, or does not show whether it does."""

import pytest


def _with_image(message, image):
    """A message with another before image."""
    start, end = message.index(b'"before-image":') + len(b'"before-image":'), message.index(b',"metadata"')
    return message[:start] + image + message[end:]


class TestKeyChange:
    def test_fails_in_a_mirror_because_the_old_row_would_stay(self, dms, routes_document, transform, log):
        assert transform(routes_document, dms("update_key_changed"))[0]["result"] == "ProcessingFailed"
        line = log()
        assert line["failures"] == {"key_changed": 1}
        assert line["KeyChanged"] == 1

    def test_an_equal_key_in_another_notation_is_no_change(self, dms, routes_document, transform):
        message = dms("update_key_changed").replace(b'{"trans_id":6,', b'{"trans_id":"4.7e1",')
        assert transform(routes_document, message)[0]["result"] == "Ok"

    def test_is_not_looked_for_when_capture_sends_no_before_image(self, dms, routes_document, transform):
        routes_document["before_image"] = None
        assert transform(routes_document, dms("update_key_changed"))[0]["result"] == "Ok"

    @pytest.mark.parametrize("before", [b"{}", b"null", b'{"amount":7}'])
    def test_needs_an_old_key_where_images_show_changed_keys_only(self, dms, routes_document, transform, before):
        assert transform(routes_document, _with_image(dms("update_key_changed"), before))[0]["result"] == "Ok"

    @pytest.mark.parametrize("before", [b"{}", b"null", b'{"amount":7}', b'{"TRANS_ID":47}'])
    @pytest.mark.parametrize("mode", ["mirror", "history"])
    def test_fails_where_images_are_complete_and_one_does_not_show_a_key(self, dms, routes_document, transform, log, before, mode):
        """It could have changed, and its old row would stay without a word."""
        routes_document["before_image"]["complete"] = True
        routes_document["routes"][0]["mode"] = mode
        assert transform(routes_document, _with_image(dms("update"), before))[0]["result"] == "ProcessingFailed"
        (failed,) = log()["failed"]
        assert (failed["reason"], failed["column"]) == ("key_not_shown", "trans_id")

    def test_fails_where_no_image_came_though_one_is_due(self, dms, routes_document, transform, log):
        routes_document["before_image"]["complete"] = True
        transform(routes_document, dms("update").replace(b'"before-image"', b'"other"'))
        assert log()["failures"] == {"key_not_shown": 1}

    @pytest.mark.parametrize("name", ["load", "insert", "delete"])
    def test_concerns_updates_only(self, dms, routes_document, transform, name):
        routes_document["before_image"]["complete"] = True
        assert transform(routes_document, dms(name))[0]["result"] == "Ok"

    def test_is_seen_in_a_key_that_is_not_the_sources(self, dms, routes_document, transform, log):
        """The lake is partitioned by it, say; the source's primary key, `trans_id`, stays."""
        routes_document["before_image"]["complete"] = True
        routes_document["routes"][0]["keys"] = ["event", "trans_id"]
        assert transform(routes_document, dms("update"))[0]["result"] == "ProcessingFailed"
        assert log()["failures"] == {"key_changed": 1}
        same = dms("update").replace(b'"event":"cart"', b'"event":"purchase"')
        assert transform(routes_document, same)[0]["result"] == "Ok"
        routes_document["routes"][0]["mode"] = "history"
        (entry,) = transform(routes_document, dms("update"))
        assert (entry["row"]["_previous_event"], entry["row"]["_previous_trans_id"]) == ("cart", 6)

    def test_fails_when_the_before_image_is_no_object(self, dms, routes_document, transform, log):
        transform(routes_document, _with_image(dms("update_key_changed"), b"[6]"))
        assert log()["failures"] == {"invalid_before_image": 1}

    def test_history_keeps_the_old_key(self, dms, routes_document, transform, log):
        message = dms("postgres_update").replace(b'"before-image":{}', b'"before-image":{"id":45}')
        (entry,) = transform(routes_document, message)
        assert (entry["row"]["order_id"], entry["row"]["_previous_order_id"]) == (46, 45)
        assert log()["KeyChanged"] == 1

    def test_history_keeps_all_old_keys_when_one_changed(self, dms, routes_document, transform):
        route = routes_document["routes"][1]
        route["columns"].append({"name": "line", "source": "line", "type": "int", "required": True, "hash": False})
        route["keys"].append("line")
        message = dms("postgres_update").replace(b'"id":46', b'"id":46,"line":2').replace(b'"before-image":{}', b'"before-image":{"id":45}')
        (entry,) = transform(routes_document, message)
        assert (entry["row"]["_previous_order_id"], entry["row"]["_previous_line"]) == (45, 2)
