import LeibnizCore
import Testing

@Suite struct PaddingTests {
    @Test(arguments: [
        (PaddingMode.reflect, 3, 0), (.reflect, 0, 3), (.circular, 4, 0), (.replicate, -1, 0), (.constant, 0, -1),
    ]) func `what cannot be extended is told`(mode: PaddingMode, before: Int, after: Int) throws {
        let x = Tensor([1.0, 2, 3]).padded(axis: 0, before: before, after: after, mode: mode)
        #expect(throws: TensorError.self) { try x.doubles() }
        #expect(throws: TensorError.self) {
            try Tensor([1.0]).padded(axis: 1, before: 1, after: 0, mode: mode).doubles()
        }
    }
}
