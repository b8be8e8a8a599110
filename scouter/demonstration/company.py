"""The company: ten profiles of six models, of which three drift, one is silent, one is off, and one is new."""

from __future__ import annotations

from scouter.demonstration.models import (
    DAILY,
    DAYS,
    HOURLY,
    Category,
    CustomModel,
    Feature,
    Metric,
    Model,
    PsiModel,
    ServiceRoute,
    Shift,
    SpcModel,
)

_MINUTES_20 = 20 / (24 * 60)

_CUSTOMERS = (
    Feature("age", 43.0, 12.0),
    Feature("calls_to_support", 1.8, 1.1),
    Feature("contract_months", 14.0, 6.5),
    Feature("income", 50_900.0, 11_400.0),
    Feature("monthly_bill", 61.5, 18.0),
    Feature("tenure_months", 31.0, 16.0),
)

CHURN = SpcModel(
    space="shop",
    name="churn",
    version="1.2.0",
    schedule=DAILY,
    every=15,
    tags={"owner": "team-retention", "stage": "production"},
    features=(
        Feature("age", 43.0, 12.0),
        Feature("calls_to_support", 1.8, 1.1, (Shift(since=19.0, until=17.0, size=2.4),)),
        Feature("contract_months", 14.0, 6.5),
        Feature("income", 50_900.0, 11_400.0, (Shift(since=6.0, size=3.9, ramp=2.5),)),
        Feature("monthly_bill", 61.5, 18.0, (Shift(since=3.0, size=2.2, ramp=1.0),)),
        Feature("tenure_months", 31.0, 16.0),
    ),
)

CHURN_BEFORE = SpcModel(
    space="shop",
    name="churn",
    version="1.1.0",
    schedule=DAILY,
    every=15,
    off=14.0,
    tags={"owner": "team-retention", "stage": "retired"},
    features=_CUSTOMERS,
)

RECOMMEND = PsiModel(
    space="shop",
    name="recommend",
    version="2.0.1",
    schedule=DAILY,
    every=60,
    rate=220,
    threshold={"ChiSquare": {"alpha": 0.001}},
    tags={"owner": "team-discovery", "stage": "production"},
    features=(
        Category("device", {"phone": 0.58, "desktop": 0.31, "tablet": 0.09, "tv": 0.02}),
        Feature("basket_value", 74.0, 33.0),
        Feature("days_since_visit", 9.0, 4.2),
        Feature("session_minutes", 6.4, 2.1),
    ),
)

RECOMMEND_NEXT = PsiModel(
    space="shop",
    name="recommend",
    version="2.1.0",
    schedule=DAILY,
    every=60,
    rate=220,
    age=_MINUTES_20,
    silent=DAYS,
    threshold={"ChiSquare": {"alpha": 0.001}},
    tags={"owner": "team-discovery", "stage": "candidate"},
    features=(
        Category("device", {"phone": 0.58, "desktop": 0.31, "tablet": 0.09, "tv": 0.02}),
        Feature("basket_value", 74.0, 33.0),
        Feature("session_minutes", 6.4, 2.1),
    ),
)

SEARCH = CustomModel(
    space="shop",
    name="search",
    version="4.0.0",
    schedule=DAILY,
    every=15,
    tags={"owner": "team-discovery", "stage": "production"},
    metrics=(
        Metric("click_rate", 0.31, 0.04, 0.012, "Below", (Shift(since=12.0, until=10.0, size=-0.07),)),
        Metric("empty_results", 0.021, 0.02, 0.004, "Above", (Shift(since=12.0, until=11.0, size=0.035),)),
        Metric("position_of_click", 2.7, None, 0.2),
    ),
)

PRICE = CustomModel(
    space="shop",
    name="price",
    version="0.9.0",
    schedule=HOURLY,
    every=5,
    tags={"owner": "team-pricing", "stage": "production"},
    dispatch={"Slack": {"channel": "#pricing"}},
    metrics=(
        Metric("mae", 3.1, 0.9, 0.22, "Above", (Shift(since=1.2, size=1.5, ramp=0.5),)),
        Metric("coverage", 0.9, 0.05, 0.01, "Outside"),
        Metric("refused_quotes", 0.008, 0.02, 0.002, "Above"),
    ),
)

ETA = SpcModel(
    space="shop",
    name="eta",
    version="3.1.0",
    schedule=HOURLY,
    every=5,
    tags={"owner": "team-delivery", "stage": "production"},
    features=(
        Feature("distance_km", 4.7, 1.6),
        Feature("minutes_predicted", 27.0, 7.5),
        Feature("orders_waiting", 5.2, 2.4, (Shift(since=2.35, until=2.2, size=3.6),)),
        Feature("temperature", 11.0, 5.5),
    ),
)

CREDIT = PsiModel(
    space="risk",
    name="credit",
    version="1.4.0",
    schedule=DAILY,
    every=60,
    rate=90,
    threshold={"Fixed": {"threshold": 0.1}},
    tags={"owner": "team-lending", "stage": "production", "reviewed_by": "model-risk"},
    features=(
        Category(
            "employment",
            {"employed": 0.62, "self_employed": 0.17, "retired": 0.13, "student": 0.05, "unknown": 0.03},
            (Shift(since=9.0, size=0.18, ramp=1.0),),
        ),
        Feature("amount", 12_400.0, 5_300.0, (Shift(since=9.0, size=0.52, ramp=4.0),)),
        Feature("debt_ratio", 0.29, 0.11, (Shift(since=23.0, until=21.0, size=0.7),)),
        Feature("income", 48_200.0, 13_000.0),
        Feature("months_at_address", 52.0, 21.0),
    ),
)

FRAUD = PsiModel(
    space="risk",
    name="fraud",
    version="2.3.0",
    schedule=HOURLY,
    every=30,
    rate=420,
    bins=8,
    threshold={"Fixed": {"threshold": 0.25}},
    tags={"owner": "team-payments", "stage": "production"},
    features=(
        Category("card", {"debit": 0.55, "credit": 0.38, "prepaid": 0.07}),
        Feature("amount", 58.0, 24.0),
        Feature("hour_of_day", 14.0, 4.0),
        Feature("merchant_age_days", 830.0, 310.0),
    ),
)

LIMITS = CustomModel(
    space="risk",
    name="limits",
    version="1.0.0",
    schedule=DAILY,
    every=30,
    silent=4.4,
    tags={"owner": "team-lending", "stage": "production"},
    metrics=(
        Metric("overrides", 0.05, 0.03, 0.006, "Above"),
        Metric("used_share", 0.44, 0.1, 0.02, "Outside"),
    ),
)

COMPANY: tuple[Model, ...] = (
    *(CHURN, CHURN_BEFORE, RECOMMEND, RECOMMEND_NEXT, SEARCH, PRICE, ETA),
    *(CREDIT, FRAUD, LIMITS),
)

ROUTES = (
    ServiceRoute("/predict", 2_400, 18.0, 0.002),
    ServiceRoute("/predict/batch", 60, 340.0, 0.012),
    ServiceRoute("/health", 90, 0.8),
)
"""Of the service that CHURN runs in."""
SERVICE_DAYS = 7
