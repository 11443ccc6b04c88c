import Foundation
import Leibniz

/// What a long loop costs in memory and compilations.
struct Endurance {
    /// Plans and kernels made until after the first step, during the second, and since.
    private var plans: [Int] = []
    private var kernels: [Int] = []
    /// Resident memory after the warm-up, and the most of it afterwards, in KiB.
    private let settled: Int
    private let most: Int
    private let scenario: Scenario
    private let steps: Int

    /// Runs a loop.
    init(of scenario: Scenario, steps: Int, warmUp: Int) throws {
        let iterate = try scenario.loop()
        var (settled, most) = (0, 0)
        for step in 1...max(steps, 3) {
            try iterate()
            if step <= 2 {
                plans.append(CompilationStatistics.planCount)
                kernels.append(CompilationStatistics.kernelCount)
            }
            guard step >= warmUp else { continue }
            if step == warmUp { settled = residentKiB() }
            if step % 8 == 0 || step == steps { most = max(most, residentKiB()) }
        }
        plans.append(CompilationStatistics.planCount)
        kernels.append(CompilationStatistics.kernelCount)
        (self.scenario, self.steps, self.settled, self.most) = (scenario, steps, settled, most)
    }

    /// One line of JSON.
    var json: String {
        """
        {"scenario":"\(scenario.rawValue)","steps":\(steps),\
        "plans_of_second_step":\(plans[1] - plans[0]),"kernels_of_second_step":\(kernels[1] - kernels[0]),\
        "plans_later":\(plans[2] - plans[1]),"resident_kib":\(settled),"growth_kib":\(max(0, most - settled))}
        """
    }
}

/// The memory of this process that is in RAM now, in KiB; 0 where the system does not tell.
private func residentKiB() -> Int {
    guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8),
        let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { return 0 }
    return pages * sysconf(Int32(_SC_PAGESIZE)) / 1024
}
