import Foundation
import Leibniz
import Testing

@Suite struct `Spectral pooling` {
    /// The transform cropped and transformed back, from the definition: complex sums over whole images.
    private func naive(_ x: [Double], _ n: [Int], _ o: [Int]) -> [Double] {
        func frequencies(_ o: Int) -> [(k: Int, share: Double)] {
            (-(o / 2)...o / 2).map { ($0, 2 * abs($0) == o ? 0.5 : 1) }
        }
        var result = [Double](repeating: 0, count: o[0] * o[1])
        for (k, a) in frequencies(o[0]) {
            for (l, b) in frequencies(o[1]) {
                var (real, imaginary) = (0.0, 0.0)
                for i in 0..<n[0] {
                    for j in 0..<n[1] {
                        let angle = -2 * Double.pi * (Double(k * i) / Double(n[0]) + Double(l * j) / Double(n[1]))
                        real += x[i * n[1] + j] * cos(angle)
                        imaginary += x[i * n[1] + j] * sin(angle)
                    }
                }
                for i in 0..<o[0] {
                    for j in 0..<o[1] {
                        let angle = 2 * Double.pi * (Double(k * i) / Double(o[0]) + Double(l * j) / Double(o[1]))
                        result[i * o[1] + j] +=
                            a * b * (real * cos(angle) - imaginary * sin(angle)) / Double(n[0] * n[1])
                    }
                }
            }
        }
        return result
    }

    @Test(arguments: [[3, 3], [4, 5], [1, 2], [7, 6], [2, 4]])
    func `the spectrum is cropped`(_ outputs: [Int]) throws {
        let x = normal([2, 7, 6], seed: 1), numbers = try x.doubles()
        let layer = SpectralPool2D(outputs)
        #expect(layer(x).shape == Shape([2] + outputs))
        let expected = naive(Array(numbers[..<42]), [7, 6], outputs) + naive(Array(numbers[42...]), [7, 6], outputs)
        try expectCloseTo(layer(x), expected, "\(outputs)")
        if outputs == [7, 6] { try expectClose(layer(x), numbers) }
        try expectSlopes(layer, at: x)
        try expectClose(layer(x.filled(2.5)), expected.map { _ in 2.5 })
    }

    @Test func `waves that the coarser grid holds are its samples`() throws {
        let wave = { (n: Int) in
            Tensor((0..<n).map { 1 + cos(2 * Double.pi * 3 * Double($0) / Double(n) + 0.4) }, .float64)
        }
        try expectClose(SpectralPool1D([9])(wave(36)), wave(9).doubles())
        try expectClose(SpectralPool1D([8])(wave(50)), wave(8).doubles())
        #expect(SpectralPool3D([2, 2, 3])(Tensor.ones([1, 3, 4, 5])).shape == [1, 2, 2, 3])
        #expect(message(of: SpectralPool1D([40])(wave(36))).contains("ValueError: SpectralPool1D"))
    }

    /// Even and odd counts, cropped or not, of maps and along another axis than the last; what is shorter or has
    /// the prime 521 goes the other way.
    @Test(arguments: [(1040, 520), (1250, 625), (625, 625), (1042, 520), (625, 521), (600, 256)])
    func `long axes are cropped as short ones are`(_ n: Int, _ o: Int) throws {
        let x = normal([2, n], seed: 3), numbers = try x.doubles()
        let expected = [0, n].flatMap { naive(Array(numbers[$0..<$0 + n]), [1, n], [1, o]) }
        try expectCloseTo(SpectralPool1D([o])(x), expected, "\(n) → \(o)")
        try expectClose(SpectralPool2D([o, 2])(x.transposed().reshaped(to: [1, n, 2])), transposed(expected, o))
        if n == 625 || n == 600 { try expectSlopes(SpectralPool1D([o]), at: x[0...0]) }
    }

    private func transposed(_ numbers: [Double], _ count: Int) -> [Double] {
        (0..<count).flatMap { [numbers[$0], numbers[count + $0]] }
    }
}
