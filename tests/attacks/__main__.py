from tests.attacks.register import ATTACKS

for number, (attack, tests) in ATTACKS.items():
    print(f"{number}: {attack}")
    for test in tests:
        print(f"    {test}")
