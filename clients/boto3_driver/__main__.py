"""python -m boto3_driver URL: prints a line for each operation, and fails if one has a problem or was not driven."""

import sys

from . import api, doubt, elb, network, sts
from .driver import ACCOUNT, REGION, Driver


def main(url):
    driver = Driver(url)
    driver.admin(f"account?account={ACCOUNT}&region={REGION}")
    before = driver.objects()
    for scene in (*doubt.SCENES, *sts.SCENES, *network.SCENES, *elb.SCENES, *api.SCENES):
        driver.scene(scene)
    # What was deleted last takes a moment to go.
    driver.scene(lambda aws: aws.until("the account, as it was before,", lambda: aws.objects() == before))
    offered = [f"{service} {name}" for service, names in driver.admin("operations").items() for name in names]
    failed = 0
    for operation in sorted(offered):
        driven = driver.good[operation] and operation not in driver.problems
        failed += not driven
        verdict = "ok     " if driven else "FAILED "
        refusals = " ".join(sorted(driver.refusals[operation]))
        print(f"{verdict} {operation:<60} {driver.good[operation]:3} good  {refusals}")
    for where in sorted(set(driver.problems) - set(offered)):
        print(f"FAILED  {where}")
    for where, found in sorted(driver.problems.items()):
        for problem in dict.fromkeys(found):
            print(f"        {where}: {problem}")
    return 1 if failed or driver.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
