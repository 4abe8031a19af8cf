"""Makes vendor_arms.json: the arms that other tools' own Python packages give to ids of many alphabets.

Run in an environment of its own, since nothing of abtest is needed and nothing of these packages is:
  python3 -m venv v && v/bin/pip install growthbook==4.0.0 posthog==7.91.1 launchdarkly-server-sdk==9.20.0 \
    optimizely-sdk==5.7.0 splitio_client==10.7.0 UnleashClient==6.9.1 eppo-server-sdk==4.4.1 statsig==0.72.1
  v/bin/python tests/reference/vendor_arms.py
Each case holds the `assignment` and the weights of a definition, the ids, and the place of the arm that the package
gave to each id; null where it let the id into no arm.
"""

import importlib.metadata
import json
import logging
import random
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = (
    "growthbook",
    "posthog",
    "launchdarkly-server-sdk",
    "optimizely-sdk",
    "splitio_client",
    "UnleashClient",
    "yggdrasil-engine",
    "eppo-server-sdk",
    "statsig",
)
NAMES = "abcdefgh"
logging.disable(logging.CRITICAL)


def ids(count):
    """Draw ids from the vectors of our own hash: any alphabet, no blanks at the edges, which we do not hash."""
    designs = json.loads((HERE.parents[1] / "docs/vectors.json").read_text(encoding="utf-8"))["designs"]
    everyone = sorted({str(unit) for design in designs for unit, *_ in design["vectors"]})
    usable = [unit for unit in everyone if unit.strip() == unit and len(unit) < 200 and unit.isprintable()]
    plain = [f"customer-{number}" for number in range(count // 2)]
    return plain + random.Random(16).sample(usable, count - len(plain))


def growthbook(assignment, weights, units, version):
    from growthbook import Experiment, GrowthBook

    found = []
    for unit in units:
        options = {"key": assignment["salt"], "variations": list(range(len(weights))), "hashVersion": version}
        options |= {"weights": weights, "coverage": assignment.get("coverage", 1)}
        if "namespace" in assignment:
            options["namespace"] = (assignment["namespace"]["id"], *assignment["namespace"]["range"])
        if "ranges" in assignment:
            options["ranges"] = [tuple(assignment["ranges"][name][0]) for name in NAMES[: len(weights)]]
        result = GrowthBook(attributes={"id": unit}).run(Experiment(**options))
        found.append(result.variationId if result.inExperiment else None)
    return found


def posthog(assignment, weights, units):
    from posthog.feature_flags import match_feature_flag_properties

    rollout = assignment.get("coverage", 1) * 100
    variants = [{"key": name, "rollout_percentage": w} for name, w in zip(NAMES, weights, strict=False)]
    filters = {"groups": [{"properties": [], "rollout_percentage": rollout}], "multivariate": {"variants": variants}}
    flag = {"key": assignment["salt"], "active": True, "filters": filters}
    answers = [match_feature_flag_properties(flag, unit, {}, bucketing_value=unit) for unit in units]
    return [NAMES.index(answer) if isinstance(answer, str) else None for answer in answers]


def launchdarkly(assignment, weights, units):
    import ldclient
    from ldclient.config import Config
    from ldclient.feature_store import InMemoryFeatureStore
    from ldclient.versioned_data_kind import FEATURES

    rollout = {"variations": [{"variation": place, "weight": weight} for place, weight in enumerate(weights)]}
    if "seed" in assignment:
        rollout |= {"seed": assignment["seed"], "kind": "experiment"}
    flag = {"key": assignment.get("key", "f"), "version": 1, "on": True, "salt": assignment.get("salt", "")}
    flag |= {"variations": list(range(len(weights))), "fallthrough": {"rollout": rollout}, "offVariation": 0}
    store = InMemoryFeatureStore()
    store.init({FEATURES: {flag["key"]: {**flag, "targets": [], "rules": [], "prerequisites": []}}})
    client = ldclient.LDClient(Config("sdk", feature_store=store, send_events=False, use_ldd=True))
    return [client.variation(flag["key"], ldclient.Context.create(unit), None) for unit in units]


def optimizely(assignment, weights, units):
    from optimizely import optimizely as package

    ends, total = [], 0
    if "ranges" in assignment:
        allocation = []
        for name, [(low, high)] in sorted(assignment["ranges"].items(), key=lambda item: item[1]):
            allocation += [{"entityId": "", "endOfRange": round(low * 10000)}] if low > total else []
            allocation.append({"entityId": f"v{NAMES.index(name)}", "endOfRange": round(high * 10000)})
            total = high
    else:
        for weight in weights:
            total += weight
            ends.append(total)
        allocation = [{"entityId": f"v{place}", "endOfRange": end} for place, end in enumerate(ends)]
    experiment = {"id": assignment["salt"], "key": "e", "status": "Running", "layerId": "1", "audienceIds": []}
    experiment |= {"forcedVariations": {}, "trafficAllocation": allocation}
    experiment["variations"] = [
        {"id": f"v{place}", "key": NAMES[place], "variables": []} for place in range(len(weights))
    ]
    groups = []
    if "namespace" in assignment:
        low, high = (round(edge * 10000) for edge in assignment["namespace"]["range"])
        taken = [{"entityId": "other", "endOfRange": low}, {"entityId": experiment["id"], "endOfRange": high}]
        other = {**experiment, "id": "other", "key": "o", "variations": [], "trafficAllocation": []}
        groups = [{"id": assignment["namespace"]["id"], "policy": "random", "trafficAllocation": taken}]
        groups[0]["experiments"] = [experiment, other]
    datafile = {"version": "4", "rollouts": [], "featureFlags": [], "projectId": "1", "accountId": "1", "revision": "1"}
    datafile |= {"attributes": [], "audiences": [], "events": [], "layers": [], "variables": [], "anonymizeIP": False}
    datafile |= {"experiments": [] if groups else [experiment], "groups": groups, "typedAudiences": []}
    client = package.Optimizely(json.dumps(datafile))
    answers = [client.get_variation("e", unit) for unit in units]
    client.close()
    return [None if answer is None else NAMES.index(answer) for answer in answers]


def split(assignment, weights, units):
    import splitio

    flag = {"name": "f", "trafficTypeName": "user", "seed": assignment["seed"], "algo": 2, "status": "ACTIVE"}
    flag |= {"killed": False, "defaultTreatment": "none", "changeNumber": 1, "configurations": {}, "sets": []}
    flag |= {"trafficAllocation": round(assignment.get("coverage", 1) * 100)}
    flag["trafficAllocationSeed"] = assignment.get("coverage_seed", 1)
    everyone = {"combiner": "AND", "matchers": [{"matcherType": "ALL_KEYS", "negate": False, "keySelector": None}]}
    for part in (
        "userDefinedSegmentMatcherData",
        "whitelistMatcherData",
        "unaryNumericMatcherData",
        "betweenMatcherData",
    ):
        everyone["matchers"][0][part] = None
    parts = [{"treatment": name, "size": size} for name, size in zip(NAMES, weights, strict=False)]
    flag["conditions"] = [{"conditionType": "ROLLOUT", "matcherGroup": everyone, "partitions": parts, "label": "x"}]
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump({"splits": [flag], "since": -1, "till": 1}, file)
    factory = splitio.get_factory("localhost", config={"splitFile": file.name})
    factory.block_until_ready(10)
    client = factory.client()
    answers = [client.get_treatment(unit, "f") for unit in units]
    factory.destroy()
    assert "control" not in answers
    return [None if answer == "none" else NAMES.index(answer) for answer in answers]


def unleash(assignment, weights, units):
    from yggdrasil_engine.engine import UnleashEngine

    parameters = {"rollout": str(round(assignment.get("coverage", 1) * 100)), "stickiness": "userId"}
    parameters["groupId"] = assignment.get("coverage_salt", assignment["salt"])
    strategy = {"name": "flexibleRollout", "parameters": parameters, "constraints": []}
    variants = [
        {"name": name, "weight": w, "weightType": "variable", "stickiness": "userId"}
        for name, w in zip(NAMES, weights, strict=False)
    ]
    feature = {"name": assignment["salt"], "type": "experiment", "enabled": True, "strategies": [strategy]}
    if parameters["groupId"] == assignment["salt"]:
        strategy["variants"] = variants
    else:
        feature["variants"] = variants
    engine = UnleashEngine()
    engine.take_state(json.dumps({"version": 2, "features": [feature]}))
    answers = [engine.get_variant(feature["name"], {"userId": unit}).variant for unit in units]
    return [NAMES.index(answer.name) if answer.enabled else None for answer in answers]


def eppo(assignment, weights, units):
    import eppo_client

    class Silent(eppo_client.AssignmentLogger):
        def log_assignment(self, event):
            pass

    shards, total, splits = assignment.get("shards", 10000), 0, []
    for place, weight in enumerate(weights):
        if "ranges" in assignment:
            low, high = (round(edge * shards) for edge in assignment["ranges"][NAMES[place]][0])
        else:
            low, high = round(total * shards), round((total + weight) * shards)
        total += weight
        cuts = [{"salt": assignment["salt"], "ranges": [{"start": low, "end": high}]}]
        if "coverage" in assignment:
            let_in = round(assignment["coverage"] * shards)
            cuts.append({"salt": assignment["coverage_salt"], "ranges": [{"start": 0, "end": let_in}]})
        splits.append({"variationKey": NAMES[place], "shards": cuts, "extraLogging": {}})
    allocation = {"key": "all", "rules": [], "splits": splits, "doLog": False}
    flag = {"key": "f", "enabled": True, "variationType": "STRING", "totalShards": shards, "allocations": [allocation]}
    flag["variations"] = {name: {"key": name, "value": name} for name in NAMES[: len(weights)]}
    configuration = {"createdAt": "2024-04-17T19:40:53.716Z", "environment": {"name": "Test"}, "flags": {"f": flag}}
    given = eppo_client.Configuration(flags_configuration=json.dumps({**configuration, "format": "SERVER"}).encode())
    client = eppo_client.init(
        eppo_client.ClientConfig(
            api_key="x",
            base_url="http://127.0.0.1:9",
            assignment_logger=Silent(),
            initial_configuration=given,
            poll_interval_seconds=None,
        )
    )
    answers = [client.get_string_assignment("f", unit, {}, "none") for unit in units]
    return [None if answer == "none" else NAMES.index(answer) for answer in answers]


def statsig(assignment, weights, units):
    from statsig import StatsigOptions, StatsigServer, StatsigUser

    rules, total = [], 0
    for place, weight in enumerate(weights):
        total += weight
        if "key" in assignment:
            condition = {"type": "public", "targetValue": None, "operator": None, "field": None}
            condition |= {"additionalValues": {}, "isDeviceBased": False, "idType": "userID"}
            passing = total
        else:
            condition = {"type": "user_bucket", "targetValue": round(total * 10), "operator": "lt", "field": None}
            condition |= {"additionalValues": {"salt": assignment["salt"]}, "isDeviceBased": False, "idType": "userID"}
            passing = 100
        rule = {"name": NAMES[place], "groupName": NAMES[place], "passPercentage": passing, "conditions": [condition]}
        rule |= {"returnValue": {"arm": place}, "id": NAMES[place], "salt": assignment.get("key", NAMES[place])}
        rules.append({**rule, "isDeviceBased": False, "idType": "userID"})
    config = {"name": "e", "type": "dynamic_config", "salt": assignment["salt"], "enabled": True, "rules": rules}
    config |= {"defaultValue": {}, "isDeviceBased": False, "idType": "userID", "entity": "experiment"}
    found = []
    if "key" in assignment:
        # A rule that does not pass ends the evaluation, so each edge is asked for by itself.
        for place in range(len(weights)):
            passed = _statsig({**config, "rules": [rules[place]]}, units, StatsigOptions, StatsigServer, StatsigUser)
            found.append([answer.get("arm") is not None for answer in passed])
        return [next((place for place in range(len(weights)) if found[place][row]), None) for row in range(len(units))]
    return [answer.get("arm") for answer in _statsig(config, units, StatsigOptions, StatsigServer, StatsigUser)]


def _statsig(config, units, options, server, user):
    values = {"feature_gates": [], "dynamic_configs": [config], "layer_configs": [], "layers": {}, "id_lists": {}}
    values |= {"has_updates": True, "time": int(time.time() * 1000)}
    running = server()
    running.initialize("secret-x", options(bootstrap_values=json.dumps(values), local_mode=True))
    answers = [running.get_experiment(user(unit), "e").get_value() for unit in units]
    running.shutdown()
    return answers


CASES = [
    ("growthbook-v1", {"salt": "drip-cadence"}, [0.5, 0.5]),
    ("growthbook-v1", {"salt": "drip", "coverage": 0.4, "namespace": {"id": "mail", "range": [0.1, 0.75]}}, [0.3, 0.7]),
    ("growthbook-v2", {"salt": "drip-cadence"}, [0.5, 0.5]),
    ("growthbook-v2", {"salt": "uñí客户😀", "coverage": 0.35}, [0.1, 0.2, 0.7]),
    ("growthbook-v2", {"salt": "drip", "namespace": {"id": "почта", "range": [0.25, 0.6]}}, [0.33, 0.33, 0.34]),
    ("growthbook-v2", {"salt": "ramp", "ranges": {"a": [[0.0, 0.1]], "b": [[0.5, 0.6]]}}, [0.5, 0.5]),
    ("posthog", {"salt": "drip-cadence"}, [50, 50]),
    ("posthog", {"salt": "客户", "coverage": 0.37}, [33.3, 33.3, 33.4]),
    ("launchdarkly", {"key": "drip", "salt": "b1f3c0"}, [50000, 50000]),
    ("launchdarkly", {"seed": 61}, [33333, 33333, 33334]),
    ("launchdarkly", {"key": "drip", "salt": "b1f3c0"}, [1000, 1000, 98000]),
    ("optimizely", {"salt": "1886780721"}, [5000, 5000]),
    ("optimizely", {"salt": "1886780722", "namespace": {"id": "19228", "range": [0.3, 0.8]}}, [2000, 8000]),
    ("optimizely", {"salt": "1886780723", "ranges": {"a": [[0.0, 0.25]], "b": [[0.5, 0.75]]}}, [1, 1]),
    ("split", {"seed": -1667452163}, [50, 50]),
    ("split", {"seed": 123456, "coverage": 0.3, "coverage_seed": -1364119282}, [10, 20, 70]),
    ("unleash", {"salt": "drip-cadence"}, [500, 500]),
    ("unleash", {"salt": "Feature.😊_你好", "coverage": 0.6}, [100, 200, 700]),
    ("unleash", {"salt": "drip", "coverage": 0.45, "coverage_salt": "группа"}, [333, 333, 334]),
    ("eppo", {"salt": "drip-all-split"}, [0.5, 0.5]),
    ("eppo", {"salt": "客户-split", "coverage": 0.4, "coverage_salt": "traffic-drip"}, [0.1, 0.2, 0.7]),
    ("eppo", {"salt": "s", "shards": 100, "ranges": {"a": [[0.1, 0.3]], "b": [[0.5, 0.9]]}}, [0.5, 0.5]),
    ("statsig", {"salt": "6f9b1b6c"}, [50, 50]),
    ("statsig", {"salt": "6f9b1b6c"}, [10, 20, 70]),
    ("statsig", {"salt": "6f9b1b6c", "key": "3hq7"}, [25.5, 74.5]),
]


def main():
    units, cases = ids(400), []
    tools = {name: globals()[name.split("-")[0]] for name, *_ in CASES}
    for name, assignment, weights in CASES:
        version = (int(name[-1]),) if name.startswith("growthbook") else ()
        arms = tools[name](assignment, weights, units, *version)
        assert len(set(arms) - {None}) == len(weights), (name, assignment, set(arms))
        cases.append({"assignment": {"hash": name, **assignment}, "weights": weights, "arms": arms})
        print(name, assignment, {arm: arms.count(arm) for arm in [None, *range(len(weights))]})
    versions = {package: importlib.metadata.version(package) for package in PACKAGES}
    lines = ",\n".join(json.dumps(case, ensure_ascii=True) for case in cases)
    head = json.dumps({"python": sys.version.split()[0], "packages": versions, "units": units}, ensure_ascii=True)
    (HERE / "vendor_arms.json").write_text(f'{head[:-1]}, "cases": [\n{lines}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
