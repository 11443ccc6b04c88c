import Leibniz

/// A picture that shows what pooling does: rings that grow finer outwards, a bell of light, thin lines, and some stray pixels.
enum SamplePicture {
    /// [3, 256, 256] in 0…1.
    static func drawn() -> Tensor {
        let n = 256
        let shape: Shape = [n, n]
        func axis(_ axis: Int) -> Tensor { (Tensor.iota(shape, axis: axis).cast(to: .float32) + 0.5) / Double(n) }
        let (y, x) = (axis(0), axis(1))
        // sin(π n r²/2) has a wave of two pixels at r = 1.
        let rings = 0.5 + 0.5 * sin((x * x + y * y) * (Double.pi * Double(n) / 2))
        let bell = exp(((x - 0.7) * (x - 0.7) + (y - 0.3) * (y - 0.3)) * -20)
        let lines = which((x * 12 + y * 5) % 1 < 0.06, 1, x * 0.6)
        let stray = Tensor.uniform(shape, seed: 1)
        func strewn(_ plane: Tensor) -> Tensor { which(stray > 0.997, 1, which(stray < 0.003, 0, plane)) }
        return stack([strewn(rings), strewn(0.3 * rings + 0.7 * bell), strewn(which(y > 0.55, lines, bell))])
    }
}
