extension Double {
    func isClose(to other: Double, relative: Double, absolute: Double = 0) -> Bool {
        self == other || abs(self - other) <= Swift.max(relative * Swift.max(abs(self), abs(other)), absolute)
    }
}
