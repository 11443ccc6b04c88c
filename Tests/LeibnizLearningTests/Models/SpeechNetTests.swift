import Leibniz
import Testing

@Suite struct `A network that hears` {
    private func net(learnsFilters: Bool = false) throws -> SpeechNet {
        let net = withSeed(1) { SpeechNet(learnsFilters: learnsFilters, widths: [2, 3, 4]) }
        try net.convertParameters(to: .float64)
        return net
    }

    @Test func `its derivative goes down to the waveform, the window and the filters`() throws {
        let net = try net(learnsFilters: true)
        let x = normal([2, 1600], seed: 2)
        let loss = { (x: Tensor) in inference { sum(net(x)[..., 3]) } }
        let slopes = try gradient(of: loss)(x).doubles()
        var numbers = try x.doubles()
        for place in [0, 7, 801, 1599, 1600, 2400] {
            let kept = numbers[place]
            func value(_ change: Double) throws -> Double {
                numbers[place] = kept + change
                defer { numbers[place] = kept }
                return try loss(Tensor(numbers, shape: [2, 1600], .float64)).item()
            }
            let expected = (try value(1e-5) - value(-1e-5)) / 2e-5
            #expect(slopes[place].isClose(to: expected, within: 1e-6))
        }
        let own = try gradients(of: loss(x), net)
        for parameter in [net.window, net.filters] {
            #expect(try own[parameter].map { try max(abs($0)).item() > 0 } == true)
        }
    }

    @Test func `loudness does not count, and filters are fixed unless they are learned`() throws {
        let net = try net()
        #expect(!net.window.takesGradient && !net.filters.takesGradient)
        let x = normal([3, 1600], seed: 3)
        let (quiet, loud) = (inference { net(x) }, inference { net(8 * x) })
        try expectClose(loud, quiet.doubles(), within: 1e-4)
        #expect(quiet.shape == [3, 10])
        #expect(net.spectrum(x).shape == [3, 40, 21])
    }
}
