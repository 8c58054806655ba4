# SPDX-License-Identifier: Apache-2.0
"""The Open Inference Protocol, version 2, as clients of model servers speak it."""
import pytest
from harness.ecs import Process
from harness.client import Client

FEATURES = 34
MODEL = "/v2/models/credit-risk"


@pytest.fixture(scope="module")
def trained(system_of_file):
    return system_of_file("embedded", {"SCORER": "trained"})


def infer(system, *inputs, **members):
    return system.process.call("POST", f"{MODEL}/infer", json={"inputs": list(inputs), **members})


def tensor(name, data, *shape):
    return {"name": name, "datatype": "FP64", "shape": list(shape), "data": data}


def test_health_and_metadata(trained):
    get = trained.process.get
    assert get("/v2/health/live").json() == {"live": True}
    assert get("/v2/health/ready").json() == {"ready": True}
    assert get(f"{MODEL}/ready").json() == {"name": "credit-risk", "ready": True}
    metadata = get(MODEL).json()
    assert metadata["inputs"] == [{"name": "features", "datatype": "FP64", "shape": [-1, FEATURES]}]
    assert [output["name"] for output in metadata["outputs"]] == ["risk_score",
                                                                  "risk_score_financial"]
    assert "@" in metadata["versions"][0]
    assert get("/v2/models/other").status_code == 404
    assert get("/v2/models/other/ready").status_code == 404


def test_rows_by_feature_are_scored_as_predict_does(trained):
    shares = [0.2, 0.6, 0.95]
    answer = infer(trained, tensor("outgoings_share_90d", shares, 3),
                   tensor("money_in_90d", [[9000], [4000], [800.5]], 3, 1), id="seven").json()
    assert answer["id"] == "seven" and answer["model_name"] == "credit-risk"
    risk, financial = answer["outputs"]
    assert risk["shape"] == [3] and risk["datatype"] == "FP64"
    assert risk["data"] == sorted(risk["data"]) and len(set(risk["data"])) == 3
    assert len(financial["data"]) == 3
    one = trained.process.call("POST", "/v1/predict", json={
        "transaction_count_30d": 0, "avg_transaction_value_30d": 0, "avg_positivity_7d": 0.5,
        "stress_events_30d": 0, "outgoings_share_90d": 0.95, "money_in_90d": 800.5}).json()
    assert one["risk_score"] == risk["data"][2]
    assert one["risk_score_financial"] == financial["data"][2]


def test_a_matrix_may_be_flat_or_nested(trained):
    row = [0] * FEATURES
    flat = infer(trained, tensor("features", row + row, 2, FEATURES)).json()
    nested = infer(trained, tensor("features", [row, row], 2, FEATURES)).json()
    assert flat["outputs"] == nested["outputs"]


@pytest.mark.parametrize("inputs, what", [
    ([], "inputs"),
    ([tensor("shoe_size", [1], 1)], "inputs.0.name"),
    ([tensor("money_in_90d", [1, 2], 3)], "inputs.0.data"),
    ([tensor("money_in_90d", [1], 0)], "inputs.0.shape"),
    ([tensor("money_in_90d", [1] * 257, 257)], "inputs.0.shape"),
    ([tensor("money_in_90d", ["much"], 1)], "inputs.0.data"),
    ([tensor("avg_positivity_7d", [1.5], 1)], "inputs.0.data"),
    ([tensor("money_in_90d", [1], 1), tensor("money_in_30d", [1, 2], 2)], "inputs.1.shape"),
    ([tensor("features", [0] * 33, 1, 33)], "inputs.0.shape"),
    ([7], "inputs.0"),
])
def test_what_is_wrong_is_named(trained, inputs, what):
    answer = infer(trained, *inputs)
    assert answer.status_code == 422, answer.text
    loc = answer.json()["detail"][0]["loc"]
    assert ".".join(str(part) for part in loc).endswith(what), loc


def test_ecs_may_ask_ecs_by_the_protocol(trained, folder):
    """What any other model server would be asked, and how its answers decide."""
    asking = Process("asking", folder / "asking", {
        **trained.environment,
        "CREDIT_ANALYSIS_SERVICE_URL": f"{trained.process.url}{MODEL}/infer"})
    (folder / "asking").mkdir()
    asking.start()
    try:
        class Only:
            certificate = None

            def url(self, path):
                return asking.url + path
        client = Client(Only())
        person = client.person()
        decision = client.analyse(person).json()
        model = client.get(f"/v1/decisions/{decision['decision_id']}", person.bearer).json()["model"]
        assert model == trained.process.get(MODEL).json()["versions"][0]
    finally:
        asking.terminate()
