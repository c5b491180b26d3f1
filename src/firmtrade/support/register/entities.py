"""The tables of the register: name -> (title, key, lines of 'field kind | title'). Read by `schema`.

A kind that ends with ! is required. A kind that is the name of a table refers to a row of it.
"""

from __future__ import annotations

FLOWS = "code(export, export-intra, export-extra, import, import-intra, import-extra)"
#: The five kinds of support (European Commission 2004, as cited in the report, chapter 6).
TYPES = "code(information, promotion, financial, inward-investment, counselling)"
BANDS = "code(none, 1-20, 21-40, 41-60, 61-80, 81-99, all)"

ENTITIES: dict[str, tuple[str, str, str]] = {
    "undertakings": ("Single undertakings: groups of firms that state aid is counted for", "id", """
        name text! | Name of the group
    """),
    "firms": ("Firms known to the agency", "id", """
        name text! | Name
        enterprise_no text | Number in the public register of enterprises
        legal_form text | Legal form
        natural_person truth | Whether the firm is a person (a sole trader), whose data are personal
        founded_on date | Day of foundation
        ended_on date | Day on which it ended
        activity text | Industry code (NACE)
        region text | Region (NUTS)
        growth_ambition truth | Whether it wants to grow, as it says itself
        innovative truth | Whether it has brought out new products or processes, as it says itself
    """),
    "members": ("Which firm belongs to which undertaking, and when", "undertaking_id firm_id since", """
        undertaking_id undertakings! | The undertaking
        firm_id firms! | The firm
        since date! | First day
        until date | Last day; empty if it still belongs
    """),
    "contacts": ("Persons at a firm: personal data, kept apart and not longer than needed", "id", """
        firm_id firms! | The firm
        name text! | Name of the person
        role text | What the person does there
        email text | E-mail
        phone text | Telephone
        purpose text! | What the data may be used for
        legal_basis text! | Why the agency may keep them
        keep_until date! | Last day on which they may be kept
    """),
    "exports": ("Whether a firm traded in a year, by flow", "firm_id year flow", f"""
        firm_id firms! | The firm
        year year! | Calendar year
        flow {FLOWS}! | Direction, with or without the place of the partner
        traded truth! | Yes, no or unknown
        value amount | Value in euro
        destinations whole | Number of countries
    """),
    "accounts": ("Items of accounts that were filed publicly", "firm_id year item", """
        firm_id firms! | The firm
        year year! | Accounting year
        item id! | What is told: employment, turnover, value-added, ...
        value signed! | Its value, in euro or full-time equivalents; an unknown one has no row
    """),
    "assessments": ("Assessments of readiness", "firm_id instrument on_date", """
        firm_id firms! | The firm
        instrument id! | The questionnaire
        instrument_version text! | Its version
        on_date date! | Day of the assessment
        mode code(self, adviser, external)! | Who filled it in
        assessor text | Name of the assessor
    """),
    "answers": ("Answers of an assessment", "assessment_id question", """
        assessment_id assessments! | The assessment
        question id! | The question
        answer text! | yes, no, unknown, not-applicable, or a number on the question's scale
        evidence code(stated, documented, accounts)! | What the answer rests on
        comment text | Remark
    """),
    "barriers": ("Barriers that a firm was asked about", "firm_id barrier on_date", """
        firm_id firms! | The firm
        barrier id! | Which one (firmtrade support rules lists them)
        on_date date! | Day
        severity whole! | 0 none, 1 slight, 2 serious, 3 prevents exporting
        resolved_on date | Day on which it was overcome
        admin_hours hours | Hours that red tape took
    """),
    "measures": ("Measures that the agency or another body offers", "id", f"""
        title text! | Name
        type {TYPES}! | Which of the five kinds of support
        answers_to id | Which measure of the rules it is (firmtrade support rules lists them)
        provider text | The body that offers it
        individual truth | Whether it is made for one firm
        state_aid code(none, de-minimis, other)! | Whether it counts as state aid
        cofund_rate number | Per cent of the cost that is paid
        max_amount amount | Largest grant
        unit_cost amount | What one case costs the agency
        questions_asked whole | Questions that the firm must answer to apply
        documents_asked whole | Documents that it must bring
        valid_from date! | First day on which it is offered
        valid_to date | Last day
    """),
    "calls": ("Calls for applications", "id", """
        measure_id measures! | The measure
        opens moment! | When it opens
        closes moment | When it closes
        places whole | How many can be granted
        selection code(first-come, score, lottery, open)! | How it is decided who gets one
        cutoff number | Lowest score that is granted
        seed text | Seed of the lottery, written down before the draw
    """),
    "applications": ("Applications: granted, refused, waiting and withdrawn", "id", """
        firm_id firms! | The firm
        call_id calls | The call
        measure_id measures! | The measure
        received_at moment! | When it came in, to the second
        score number | Its score, where the call has one
        decision code(waiting, granted, refused, withdrawn)! | What was decided
        decided_at moment | When
        decided_by text | By whom
        reason text | Why
    """),
    "support": ("Support that was given", "id", """
        firm_id firms! | The firm
        measure_id measures! | The measure
        application_id applications | The application; empty if there was none
        started date! | First day
        ended date | Last day
        granted_on date | Day on which the right to the grant was given: state aid counts from then
        amount_granted amount | Grant
        amount_paid amount | Paid so far
        cost_to_agency amount | Cost beside the grant
        hours hours | Hours of advice
        markets markets | Countries it was about
        officer text | Who was in charge
    """),
    "aid": ("De minimis aid from other bodies", "id", """
        firm_id firms! | The firm
        granted_on date! | Day on which the right to it was given
        amount amount! | Gross grant equivalent
        grantor text! | The body that granted it
        reference text | Its reference
    """),
    "plans": ("Plans: assess, plan, implement, monitor", "id", """
        firm_id firms! | The firm
        assessment_id assessments | The assessment that it rests on
        phase code(assess, plan, implement, monitor)! | Where it stands
        owner text | The adviser
        external_expert text | The external expert
        started date! | First day
        ended date | Last day
    """),
    "milestones": ("Milestones of a plan", "id", """
        plan_id plans! | The plan
        what text! | What is to be reached
        due date! | By when
        done_on date | When it was
        evidence code(stated, documented, accounts) | How that is known
    """),
    "follow_ups": ("Follow-ups after support", "id", """
        firm_id firms! | The firm
        support_id support | The support that is followed up
        due date! | When it is due
        done_on date | When it was done
        exported truth | Whether the firm exports
        new_market truth | Whether it sells in a new market
        without_help {bands} | Share of it that would have come without help, in per cent, as the firm says
        barrier id | What was in the way
        note text | Remark
    """.replace("{bands}", BANDS)),
    "proposals": ("Proposals of the rules, and who decided", "firm_id on_date rule measure", """
        firm_id firms! | The firm
        on_date date! | Day
        rule id! | The rule
        rule_version text! | Its version
        measure id! | What is proposed, a measure of the rules
        outcome code(propose, not-now, ask)! | What the rule says
        inputs_hash text! | SHA-256 of the facts that the rules read
        trace text! | The rule's conditions, the facts used, the evidence: JSON
        decision code(open, accepted, declined, overridden)! | What was decided
        decided_by text | The adviser
        decided_at moment | When
        instead id | What is done in place of it
        reason text | Why
    """),
    "entry_cases": ("Entry modes looked at, by market and product", "firm_id market product on_date", """
        firm_id firms! | The firm
        market markets! | Country
        product id! | Product
        on_date date! | Day
        answers text! | Answers by variable of Table 33: JSON
        result text! | What came out: JSON
    """),
    "links": ("Links between a firm and a partner", "firm_id partner kind since", """
        firm_id firms! | The firm
        partner id! | The partner
        kind code(supplier-to-multinational, joint-venture, cluster, agent, distributor)! | What links them
        since date! | First day
        until date | Last day
        brokered_by support | The support that brought them together
    """),
    "specifications": ("What an evaluation will compare, fixed before outcomes are opened; never "
                       "changed", "id", """
        question text! | The question in words
        spec text! | Everything that is fixed: JSON
        spec_hash text! | SHA-256 of it
        known_until year | Last year of trade that was on record when it was stored
    """),
    "openings": ("Outcomes that were opened, and what came out; never changed", "specification_id number", """
        specification_id specifications! | The specification
        number whole! | 1 for the first time
        result text! | What came out: JSON
        result_hash text! | SHA-256 of it
    """),
    "draws": ("Lotteries, with what is needed to draw them again; never changed", "id", """
        kind code(call, invitation)! | Who gets a place, or who is invited
        call_id calls | The call, where it is one
        on_date date! | Day of the draw
        seed text! | The seed
        seed_source text | Where the seed comes from, such as the numbers of a public lottery
        places whole! | How many win
        entrants whole! | How many took part
        entrants_hash text! | SHA-256 of their ids, one a line, sorted
    """),
    "drawn": ("Who took part in a draw, and what came out; never changed", "draw_id firm_id", """
        draw_id draws! | The draw
        firm_id firms! | The firm
        ticket text! | SHA-256 of seed|id; tickets in order decide
        rank whole! | Place in that order, from 1
        arm code(offered, control)! | Offered, or left out by the draw and so to compare with
    """),
    "users": ("Who may do what; in force as soon as there is an admin", "who", """
        who id! | Name, as it is given with --user
        role code(reader, adviser, analyst, admin)! | Sees; writes about firms; evaluates; does everything
        until date | Last day of it; an admin has none
    """),
}  # fmt: skip
